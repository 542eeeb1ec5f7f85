// Says so when the line is gone, and goes away when it is back.
const banner = document.querySelector("[data-offline]");

export const isOffline = () => navigator.onLine === false;

export function showOffline() {
  banner.hidden = !isOffline();
}

addEventListener("online", showOffline);
addEventListener("offline", showOffline);
showOffline();
