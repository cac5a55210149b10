#!/bin/sh
# What mount.efs of efs-utils does: finds the server of an EFS file system and has mount.nfs4 mount it. Here that is an NFS
# server with an export for each file system, /fs-…, and for each access point, /fsap-…; there is no TLS in between.
# The messages are those of efs-utils and, through it, of nfs-utils.
# usage: mount-efs.sh MOUNT.NFS4 SERVER EXPORTS SOURCE TARGET [-o OPTIONS] …
#   EXPORTS   a file with a line "open /fs-…", or "closed /fs-…" where nobody here may mount it, for each export
#   SOURCE    FILESYSTEM:/PATH
set -eu
mount_nfs4=$1 server=$2 exports=$3 source=$4 target=$5
shift 5
options=
while [ $# -gt 0 ]; do
  case $1 in
  -o) options=$2 && shift ;;
  esac
  shift
done
file_system=${source%%:*}
path=/${source#*:}
path=/${path#//}
root=/$file_system

if ! grep -q " $root\$" "$exports"; then
  cat >&2 <<MESSAGE
Failed to resolve "$file_system.efs.us-east-1.amazonaws.com" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID.
See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail.
Attempting to lookup mount target ip address using botocore. Failed to import necessary dependency botocore, please install botocore first.
MESSAGE
  exit 1
fi

# What is for mount.efs alone is not for mount.nfs4.
passed=nfsvers=4.1,rsize=1048576,wsize=1048576,timeo=600,retrans=2,noresvport
for option in $(echo "$options" | tr ',' ' '); do
  case $option in
  accesspoint=*) root=/${option#accesspoint=} ;;
  tls | notls | iam | region=* | az=* | mounttargetip=* | crossaccount | awscredsuri=* | awsprofile=* | tlsport=*) ;;
  *) passed=$passed,$option ;;
  esac
done
# Through TLS the server is on this machine, and denies: the file system's policy, or an access point that is not there.
if ! grep -q "^open $root\$" "$exports"; then
  echo "mount.nfs4: access denied by server while mounting 127.0.0.1:$path" >&2
  exit 32
fi
status=0
said=$("$mount_nfs4" "$server:$root$path" "$target" -o "$passed" 2>&1) || status=$?
if [ -n "$said" ]; then echo "$said" | sed "s#$server:$root#127.0.0.1:#" >&2; fi
exit $status
