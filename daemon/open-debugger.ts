import type { Config } from './config.ts';
import type { DebuggerListener, DebuggerListenerOptions } from './debugger/debugger-listener.ts';
import type { TopicMonitor } from './domain/topic-monitor.ts';
import type { Login } from './gui-listener/login.ts';

type Surroundings = Omit<DebuggerListenerOptions, 'target' | 'door' | 'monitor'> &
  Readonly<{ login: Login; monitor: TopicMonitor | undefined }>;

/** Opens the debugger, if somebody asks for it; nobody else pays for its code. */
export async function openDebugger(
  config: Config,
  { login, monitor, ...options }: Surroundings,
): Promise<DebuggerListener | undefined> {
  if (config.debugger === undefined || monitor === undefined) return undefined;
  const { openDebuggerListener } = await import('./debugger/debugger-listener.ts');
  const { openDoor } = await import('./gui-listener/open-door.ts');
  return openDebuggerListener({
    ...options,
    ...{ target: config.debugger.listen, door: openDoor(login), monitor },
  });
}
