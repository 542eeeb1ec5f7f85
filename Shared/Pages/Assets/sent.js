// The page after sending.
import "./copy.js";
import "./offline.js";
