declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** Makes a server that has not begun to listen. `path` is a LevelDB folder; without it tables are kept in memory. */
  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}
