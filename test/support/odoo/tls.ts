import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

/** Signed by itself, for 127.0.0.1 and a hundred years: nobody trusts it, and nothing else does it protect. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIUSoXsQCBQlLbnpQ0Q7lYGsIZ9SRcwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMY29uY29yZCB0ZXN0MCAXDTI2MTEzMDA5MTIyN1oYDzIxMjYx
MTA2MDkxMjI3WjAXMRUwEwYDVQQDDAxjb25jb3JkIHRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQnRo4C5bLvdVXCFH1Jl3PBl4Zug8nWUX5Pqoec0Ig13x4Y
vVTxbQ469cMsnG4DFk4vKWVYgQxXMAWXeyL+UAH0o2QwYjAdBgNVHQ4EFgQUwqZK
OcfURzg4PdPv0E3bLDws24gwHwYDVR0jBBgwFoAUwqZKOcfURzg4PdPv0E3bLDws
24gwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMC
A0gAMEUCIQCStdjGHXiod4w89vzrmn1/DL7Y+1eCRJhV3t4S1cQXvgIgX6utdWS+
T11gB4CPba1cl9CyQbzIjSvM67sOAflT6Y4=
-----END CERTIFICATE-----
`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMtHjYemObFXJjfPp
IdHfrhQUE2Ho/l3eN11fakwSDgWhRANCAAQnRo4C5bLvdVXCFH1Jl3PBl4Zug8nW
UX5Pqoec0Ig13x4YvVTxbQ469cMsnG4DFk4vKWVYgQxXMAWXeyL+UAH0
-----END PRIVATE KEY-----
`;

export interface TlsFront {
  readonly url: string;
  /** What came through it, decrypted. */
  readonly seen: string;
  close(): Promise<void>;
}

/** Speaks TLS before a server that doesn't. */
export async function startTlsFront(target: string): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  let seen = '';
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (client) => {
    const upstream = connect(Number(port), hostname);
    client.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  // A client that turns away during the handshake is no error of the test's.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    close: () => new Promise((done) => server.close(() => done())),
  };
}
