/** Why a listener turns a request down before the domain hears of it. */
export type RequestErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'password_needed'
  | 'not_found'
  | 'method_not_allowed'
  | 'moved'
  | 'too_large'
  | 'unsupported_media_type'
  | 'misdirected'
  | 'too_many_requests';

/** A request that is turned down by the rules of HTTP or of the listener, not by the domain. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  /** Headers that belong to the refusal, such as `Allow` or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: RequestErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.headers = headers;
  }
}
