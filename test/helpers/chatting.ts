import type { ExecutionContext } from 'ava';
import { wechat, type WechatOptions } from '../../daemon/cli/wechat.ts';
import { wechatBridge } from '../../daemon/cli/wechat-bridge.ts';
import type { CommandContext } from '../../daemon/cli/command-context.ts';
import type { Dialog } from '../../daemon/cli/line-dialog.ts';
import { eventually } from './eventually.ts';
import { memoryTerminal } from './memory-terminal.ts';

/** A person at the terminal client, who types when the test says so. */
export class Chatting {
  readonly shown: string[] = [];
  readonly complained: readonly string[];
  /** Resolves when the client has ended. */
  readonly ended: Promise<void>;
  readonly #typed: (string | undefined)[] = [];
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;

  constructor(
    t: ExecutionContext,
    options: WechatOptions & Readonly<{ name: string; url: string; isJson?: boolean }>,
  ) {
    const terminal = memoryTerminal();
    this.complained = terminal.complained;
    const context: CommandContext = {
      ...{ dataFolder: '', environment: {}, isJson: options.isJson ?? false },
      terminal: { ...terminal, openDialog: () => this.#dialog() },
    };
    this.ended = wechat(context, options, this.#stop.signal);
    this.ended.catch(() => undefined);
    t.teardown(() => {
      this.#stop.abort();
      return this.ended.catch(() => undefined);
    });
  }

  type(line: string): void {
    this.#typed.push(line);
    this.#wake();
  }

  /** Ends the input, as Ctrl+D does. */
  finish(): void {
    this.#typed.push(undefined);
    this.#wake();
  }

  /** As Ctrl+C does. */
  stop(): void {
    this.#stop.abort();
  }

  /** Waits until a line is shown. */
  async sees(line: string): Promise<void> {
    await eventually(() => this.shown.includes(line));
  }

  #dialog(): Dialog {
    return {
      lines: () => this.#lines(),
      show: (line) => void this.shown.push(line),
      isColored: false,
      close: () => this.finish(),
    };
  }

  async *#lines(): AsyncGenerator<string> {
    for (;;) {
      while (this.#typed.length > 0) {
        const line = this.#typed.shift();
        if (line === undefined) return;
        yield line;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Starts a bridge; it ends with the test. */
export function startBridge(
  t: ExecutionContext,
  urls: readonly [string, string],
  name = 'bridge',
): Readonly<{
  stop: () => Promise<void>;
  ended: Promise<void>;
  terminal: { complained: readonly string[] };
}> {
  const terminal = memoryTerminal();
  const context = { terminal, dataFolder: '', environment: {}, isJson: false };
  const over = new AbortController();
  const ended = wechatBridge(context, urls, { name }, over.signal);
  ended.catch(() => undefined);
  const stop = async (): Promise<void> => {
    over.abort();
    await ended;
  };
  t.teardown(() => stop().catch(() => undefined));
  return { stop, ended, terminal };
}
