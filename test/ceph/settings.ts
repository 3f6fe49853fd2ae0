interface ClusterSettings {
  directory: string;
  clusterId: string;
  /** `v2:127.0.0.1:16789` */
  monitor: string;
  gatewayPort: number;
  library: (name: string) => string;
}

/**
 * Settings of the smallest cluster that stores anything (https://docs.ceph.com/en/pacific/rados/configuration/). What is not
 * obvious was found by experiment with 16.2.15:
 *
 * - Keys are needed: without cephx the gateway never gets through to the monitor.
 * - The second protocol alone: by the first, a store asks before it knows the id of its cluster, and is refused.
 */
export function cephSettings({ directory, clusterId, monitor, gatewayPort, library }: ClusterSettings): string {
  return `[global]
fsid = ${clusterId}
mon host = ${monitor}
ms bind msgr1 = false
public addr = 127.0.0.1
public network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = ${directory}/keyring
run dir = ${directory}
admin socket =
log file = ${directory}/$name.log
mon cluster log file = ${directory}/cluster.log
plugin dir = ${library('ceph')}
erasure code dir = ${library('ceph/erasure-code')}
osd class dir = ${library('rados-classes')}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = 8589934592

[mon.a]
mon data = ${directory}/mon

[osd.0]
osd data = ${directory}/osd

[client.admin]
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw data = ${directory}/rgw
# The store is in memory: what was removed goes at once.
rgw gc obj min wait = 1
rgw gc processor period = 5
rgw gc processor max time = 5
`;
}
