/** How long a browser may take to begin with a file that it was handed. */
const BEGIN_MS = 60_000;

/** Lets the browser save a file as any other download. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), BEGIN_MS);
}
