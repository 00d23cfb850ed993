/** What can be wrong with the settings at start. `docs/errors.md` explains each. */
export type ConfigErrorCode = 'unknown_setting' | 'bad_setting' | 'bad_config_file';

/** The daemon can't start as it is configured. The sentence names the setting and where it stands. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
