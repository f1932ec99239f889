import test from 'ava'
import { hierarchiesIn } from './cgroups.ts'

test('version 1 has a hierarchy for each controller', t => {
  const mountInfo = '28 26 0:25 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n' +
    '26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - tmpfs tmpfs rw,mode=755\n'
  t.deepEqual(hierarchiesIn(mountInfo), ['/sys/fs/cgroup/cpu,cpuacct'])
})

test('version 2 has one hierarchy for all', t => {
  const mountInfo = '26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n'
  t.deepEqual(hierarchiesIn(mountInfo), ['/sys/fs/cgroup'])
})

test('a machine without cgroups has none', t => {
  t.deepEqual(hierarchiesIn('1 0 8:1 / / rw - ext4 /dev/sda rw\n\n'), [])
})
