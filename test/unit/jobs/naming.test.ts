import { describe, expect, it } from 'vitest';
import { readNaming } from '../../../src/jobs/naming.js';

const configured = [{ gateway: '10.0.0.7:8935', display_name: 'Ghent', region: 'eu' }];
const client = { query: async () => ({ rows: configured }) };

describe('public names', () => {
  it.each([
    ['192.168.1.4:8935'],
    ['http://172.16.0.1'],
    ['gateway-3.local'],
    ['gateway'],
    ['https://user:secret@10.1.2.3:8935/'],
    ['[fd00::1]:8935'],
  ])('hide the private host %s behind a hash [PRIVACY-001]', async (host) => {
    const naming = await readNaming(client as never, 'key');
    expect(naming.publicGateway(host)).toMatch(/^gw_[0-9a-f]{16}$/);
  });

  it('are the configured name where there is one, and the host itself where it is public', async () => {
    const naming = await readNaming(client as never, 'key');
    expect(naming.publicGateway('10.0.0.7:8935')).toBe('Ghent');
    expect(naming.regionOf('10.0.0.7:8935')).toBe('eu');
    expect(naming.publicGateway('gateway.example.com')).toBe('gateway.example.com');
    expect(naming.publicGateway('https://me:secret@gateway.example.com')).toBe('https://gateway.example.com');
  });

  it('of GPUs depend on the key alone', async () => {
    const [one, other] = [await readNaming(client as never, 'key'), await readNaming(client as never, 'other key')];
    expect(one.publicGpuId('GPU-1')).toMatch(/^gpu_[0-9a-f]{16}$/);
    expect(one.publicGpuId('GPU-1')).not.toBe(other.publicGpuId('GPU-1'));
  });
});
