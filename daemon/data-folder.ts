import { join, resolve } from 'node:path';

/** What the place of the data folder depends on; `process` has all of it but the flag. */
export type DataFolderHints = Readonly<{
  /** Value of `--data`. */
  flag: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  homeFolder: string;
}>;

/** The data folder as an absolute path: `--data`, else `$VESTNIK_DATA`, else where the platform keeps such things. */
export function resolveDataFolder({
  flag,
  environment,
  platform,
  homeFolder,
}: DataFolderHints): string {
  const named = flag ?? valueOf(environment, 'VESTNIK_DATA');
  if (named !== undefined) return resolve(named);
  switch (platform) {
    case 'darwin':
      return join(homeFolder, 'Library', 'Application Support', 'vestnik');
    case 'win32':
      return join(
        valueOf(environment, 'LOCALAPPDATA') ?? join(homeFolder, 'AppData', 'Local'),
        'vestnik',
      );
    default:
      return join(xdgDataHome(environment) ?? join(homeFolder, '.local', 'share'), 'vestnik');
  }
}

/** The XDG base directory specification says that relative paths are invalid and to be ignored. */
function xdgDataHome(environment: DataFolderHints['environment']): string | undefined {
  const folder = valueOf(environment, 'XDG_DATA_HOME');
  return folder?.startsWith('/') === true ? folder : undefined;
}

/** An empty variable counts as none, as shells make it easy to set one by accident. */
function valueOf(environment: DataFolderHints['environment'], name: string): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
