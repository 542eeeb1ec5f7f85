// What this phone keeps in IndexedDB: reports on their way and sent, the form that is being filled in, and the pictures
// of both.
const NAME = "sasando";
const VERSION = 2;
const STORES = ["reports", "drafts", "pictures"];
/** Some browsers never answer where a store is broken; then the form goes its plain way. */
const PATIENCE_TO_OPEN_MS = 5_000;
let opening;
let opened;

function openKept() {
  opening ??= new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the store does not open")), PATIENCE_TO_OPEN_MS);
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of STORES) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath: "id" });
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      // A newer version in another window may go ahead; this one opens anew when it needs to.
      database.onclose = () => (opening = opened = undefined);
      database.onversionchange = () => {
        database.close();
        database.onclose();
      };
      opened = database;
      resolve(database);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("another window keeps an older store open"));
  });
  opening.catch(() => (opening = undefined));
  return opening;
}

/** The result of one request of IndexedDB. */
export const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * Runs `work(reports, drafts, pictures)` in one transaction, all of it or nothing, and gives what it gave once that is on the
 * disk: a phone whose battery ends a moment later still has it.
 */
export async function transact(mode, work) {
  const database = await openKept();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORES, mode, { durability: "strict" });
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? new Error("nothing was kept"));
    work(...STORES.map((name) => transaction.objectStore(name))).then(
      (given) => (result = given),
      (error) => {
        reject(error);
        try {
          transaction.abort();
        } catch {
          // It has ended already.
        }
      },
    );
  });
}

/** Keeps a draft before this line is left: a page that is being closed waits for nothing. */
export function keepAtOnce(draft) {
  if (!opened) return;
  const transaction = opened.transaction("drafts", "readwrite");
  transaction.objectStore("drafts").put(draft);
  transaction.commit?.();
}
