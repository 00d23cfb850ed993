const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends when the system or a person asks this process to. A second time the process ends at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => controller.abort());
  return controller.signal;
}
