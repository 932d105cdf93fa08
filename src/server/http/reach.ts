/** How the server is reached. */
export interface Reach {
  /** It listens where only this machine can reach it. */
  readonly loopback: boolean;
  /** The address that people use, where a reverse proxy stands before it. */
  readonly publicUrl: URL | null;
}
