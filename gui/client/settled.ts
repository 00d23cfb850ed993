/** A promise, and what settles it. */
export type Settled<Value> = Readonly<{
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (error: Error) => void;
}>;

/** `Promise.withResolvers`, which came with ES2024. */
export function createSettled<Value>(): Settled<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
