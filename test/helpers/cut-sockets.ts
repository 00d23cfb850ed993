import type { OpenSocket } from '../../gui/client/sockets.ts';

/** Sockets that can be cut at any moment; what comes on them later is lost. */
export type CutSockets = Readonly<{ openSocket: OpenSocket; cut: () => void }>;

export function cutSockets(open: OpenSocket): CutSockets {
  const alive = new Set<() => void>();
  const openSocket: OpenSocket = (request, events) => {
    let isCut = false;
    const whileWhole =
      <Event extends readonly unknown[]>(hear: (...event: Event) => void) =>
      (...event: Event): void => {
        if (!isCut) hear(...event);
      };
    const socket = open(request, {
      onOpen: whileWhole(events.onOpen),
      onText: whileWhole(events.onText),
      onClose: whileWhole((code, status) => {
        alive.delete(cut);
        events.onClose(code, status);
      }),
    });
    const cut = (): void => {
      alive.delete(cut);
      isCut = true;
      socket.close();
      events.onClose(1006);
    };
    alive.add(cut);
    return socket;
  };
  return {
    openSocket,
    cut: () => {
      for (const cut of [...alive]) cut();
    },
  };
}
