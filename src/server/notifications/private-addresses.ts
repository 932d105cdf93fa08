/** Which addresses are this machine's or a private network's, and no place to send a message to unless it is allowed. */
import { BlockList, isIP } from 'node:net';

/** What is not the open internet: https://www.iana.org/assignments/iana-ipv4-special-registry and its sibling for IPv6. */
const RANGES = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  // Also those that carry an address of IPv4 to a gateway: nobody knows whose network that is in.
  ipv6: [
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '5f00::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
} as const;

const blocked = new BlockList();
for (const family of ['ipv4', 'ipv6'] as const) {
  for (const range of RANGES[family]) {
    const [network = '', bits = ''] = range.split('/');
    blocked.addSubnet(network, Number(bits), family);
  }
}

/** @param address an IP address; what is none is taken for private. One of IPv4 inside one of IPv6 is seen through */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family === 0 || blocked.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
