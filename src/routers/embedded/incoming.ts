import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHead } from './request-head.ts';
import type { Entrance, RoutedService } from './routed-service.ts';

/** What a request to upgrade asks for, and the bytes that came after its head. */
export interface UpgradeRequest {
  readonly protocol: string;
  readonly first: Buffer;
}

/** A request as it came in, and what is known of it. */
export interface Incoming {
  readonly entrance: Entrance;
  readonly service: RoutedService;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly upgrade: UpgradeRequest | null;
  /** The client sends the body only when it is told to. */
  readonly expectsContinue: boolean;
}
