// The page after sending.
import "./copy.js";
