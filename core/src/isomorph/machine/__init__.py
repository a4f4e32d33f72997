"""What the machine and its operating system give: CPUs, memory, locks, disks, forks."""
