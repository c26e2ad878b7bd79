# Runs in mount, network and UTS name spaces of its own; the first argument is the folder with the steps.
# All that is written from here on lies in file systems in memory, which end with the name spaces. The last
# program waits for a line on its input: by then it is watched. Another line says that nothing is watched any more.
set -e
[ "$(readlink /proc/self/ns/mnt)" != "$KESTREL_HOST_MOUNTS" ] || { echo "no mount name space of its own" >&2; exit 1; }
mount -n --bind "$1" /mnt
mount -n --bind "$2" /mnt/container
mount -n -t tmpfs -o mode=755 none /media
mkdir -p /media/cron.d /media/sudoers.d
for name in passwd group nsswitch.conf ld.so.cache ld.so.conf hostname; do
  [ ! -e "/etc/$name" ] || cp -a "/etc/$name" /media/
done
echo 'root:*:20000:0:99999:7:::' > /media/shadow
mount -n --move /media /etc
for folder in /var/log /usr/local/sbin /run; do mount -n -t tmpfs -o mode=755 none "$folder"; done
mount -n -t tmpfs -o mode=700 none /root
mount -n -t tmpfs -o mode=1777 none /tmp
mkdir -p /root/.ssh
cd /mnt
perl programs/loopback.pl
cp /usr/bin/perl /usr/local/sbin/sshd
perl programs/listener.pl < /dev/null > /dev/null 2>&1 & listener=$!
trap 'kill $listener' EXIT
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
status=0
sh -c 'echo "ready $$"; read -r go; exec /usr/local/sbin/sshd programs/session.pl < /dev/null' || status=$?
echo over
read -r end
exit $status
