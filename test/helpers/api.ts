import type {
  ApiContact,
  ApiConversation,
  ApiMessage,
  ApiMessageDetails,
} from '../../daemon/wire/gui-api.ts';

/** An answer of the REST interface. */
export type Answer = Readonly<{ status: number; body: unknown }>;

/** The REST interface as a program of the owner's uses it. Throws nothing for refusals: tests look at the status. */
export class Api {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body);
  }

  delete(path: string): Promise<Answer> {
    return this.call('DELETE', path);
  }

  async contacts(): Promise<readonly ApiContact[]> {
    return (await this.get('/api/contacts')).body as ApiContact[];
  }

  async contact(address: string): Promise<ApiContact | undefined> {
    return (await this.contacts()).find((contact) => contact.address === address);
  }

  async conversations(): Promise<readonly ApiConversation[]> {
    return (await this.get('/api/conversations')).body as ApiConversation[];
  }

  /** The newest messages of a conversation, oldest first. */
  async messages(address: string, limit = 200): Promise<readonly ApiMessage[]> {
    const path = `${conversationPath(address)}?limit=${limit}`;
    return (await this.get(path)).body as ApiMessage[];
  }

  async texts(address: string): Promise<readonly string[]> {
    return (await this.messages(address)).map(({ message }) => message);
  }

  async details(address: string, id: string): Promise<ApiMessageDetails> {
    return (await this.get(`${conversationPath(address)}/${id}`)).body as ApiMessageDetails;
  }

  /** Writes a message and gives it back as stored. */
  async send(address: string, message: string, id?: string): Promise<ApiMessage> {
    const answer = await this.post(conversationPath(address), {
      message,
      ...(id === undefined ? {} : { id }),
    });
    if (answer.status >= 300) throw new Error(`refused: ${JSON.stringify(answer)}`);
    return answer.body as ApiMessage;
  }
}

/** Path of a conversation's messages. */
export function conversationPath(address: string): string {
  return `/api/conversations/${encodeURIComponent(address)}/messages`;
}

/** Path of a contact. */
export function contactPath(address: string): string {
  return `/api/contacts/${encodeURIComponent(address)}`;
}
