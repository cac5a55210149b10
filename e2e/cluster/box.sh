#!/bin/sh
# The first process of a node's namespaces: makes the machine look to the kubelet as a node of its own, then stays and
# waits for orphans. What it mounts, and all that is mounted later inside, goes when it ends.
# usage: box.sh DIRECTORY
set -eu
dir=$1

# Volumes that a pod mounts must be seen by others inside (mount propagation), and nothing of it outside.
mount --make-rshared /

# Sockets, locks and network namespaces: /run/containerd is compiled into the shims, for one.
mount -t tmpfs -o mode=755 run /run

# The kubelet, CNI and their plugins write under fixed paths too. Here they find what the machine has there and write
# to the cluster's directory.
for name in lib log; do
  mkdir -p "$dir/var/$name" "$dir/var/.$name"
  mount -t overlay overlay -o "lowerdir=/var/$name,upperdir=$dir/var/$name,workdir=$dir/var/.$name" "/var/$name"
done

# Not on that overlay: containerd's snapshots are overlays themselves, which cannot be stacked on one.
for name in kubelet containerd; do
  mkdir -p "$dir/$name" "/var/lib/$name"
  mount --bind "$dir/$name" "/var/lib/$name"
done

# So do drivers of volumes, under /etc. What a container runtime mounts there one by one would be hidden.
mkdir -p "$dir/etc" "$dir/.etc"
for name in hosts hostname resolv.conf; do
  if [ -e "/etc/$name" ]; then cp "/etc/$name" "$dir/etc/$name"; fi
done
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$dir/etc,workdir=$dir/.etc" /etc

# mount(8) looks for its helpers at one place. The cluster's come before the machine's, which stays as it is.
sbin=$(readlink -f /sbin)
mkdir -p "$dir/sbin" "$dir/.sbin"
mount -t overlay overlay -o "lowerdir=$sbin,upperdir=$dir/sbin,workdir=$dir/.sbin" "$sbin"

# The kubelet wants these settings, and would change them for the whole machine. It reads what it wants to read.
mkdir "$dir/sysctl"
while read -r setting value; do
  [ -e "/proc/sys/$setting" ] || continue
  file=$dir/sysctl/$(basename "$setting")
  echo "$value" >"$file"
  mount --bind "$file" "/proc/sys/$setting"
done <<SETTINGS
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SETTINGS

# These belong to the network namespace.
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward

echo ready
sleep infinity &
# While it waits, the shell also reaps every orphan that becomes its child.
wait
