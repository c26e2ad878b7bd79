# Copies a program into a file in memory and runs it there.
use strict;
use POSIX ();
my %numbers = (x86_64 => 319, aarch64 => 279);
my $machine = (POSIX::uname())[4];
my $fd = syscall($numbers{$machine}, my $name = "payload", 0);
die "memfd_create: $!" if $fd < 0;
open my $memory, ">&=", $fd or die;
open my $program, "<", "/bin/true" or die;
binmode $_ for $memory, $program;
my $content = do { local $/; readline $program };
syswrite $memory, $content;
exec {"/proc/$$/fd/$fd"} "payload";
