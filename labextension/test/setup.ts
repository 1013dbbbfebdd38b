/** What JupyterLab needs of a browser, and the page of the tests lacks. */

/** The page is no instance of its own `Document`. */
Object.defineProperty(Document, Symbol.hasInstance, { value: (node?: Node) => node?.nodeType === Node.DOCUMENT_NODE });

globalThis.requestIdleCallback = callback => setTimeout(callback);

export {};
