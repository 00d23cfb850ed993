/** An answer of the wechat protocol, taken apart. */
export type WechatAnswer = Readonly<{ status: number; headers: Headers; body: unknown }>;

type Request = Readonly<{
  session?: string | undefined;
  headers?: Readonly<Record<string, string>>;
  body?: BodyInit;
  signal?: AbortSignal;
}>;

/** Speaks the wechat protocol by hand, one request at a time; says nothing of what the answers should be. */
export class WechatHand {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, path: string, request: Request = {}): Promise<WechatAnswer> {
    const { session, headers = {}, body, signal } = request;
    const response = await fetch(this.url + path, {
      method,
      headers: { ...headers, ...(session === undefined ? {} : { session }) },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }

  get(path: string, session?: string): Promise<WechatAnswer> {
    return this.call('GET', path, { session });
  }

  put(path: string, session?: string): Promise<WechatAnswer> {
    return this.call('PUT', path, { session });
  }

  /** Joins and gives the session key back. */
  async join(channel: string, name: string): Promise<string> {
    const { status, headers } = await this.put(
      `/chats/${encodeURIComponent(channel)}/join/${encodeURIComponent(name)}`,
    );
    const key = headers.get('session');
    if (status !== 200 || key === null) throw new Error(`join was answered ${status}`);
    return key;
  }

  say(channel: string, session: string, text: string): Promise<WechatAnswer> {
    const path = `/chats/${encodeURIComponent(channel)}/messages`;
    return this.call('PUT', path, {
      session,
      headers: { type: 'MSG', source: 'me' },
      body: JSON.stringify(text),
    });
  }

  /** The next event of a session. */
  event(channel: string, session: string, query = ''): Promise<WechatAnswer> {
    return this.get(`/chats/${encodeURIComponent(channel)}/events${query}`, session);
  }
}
