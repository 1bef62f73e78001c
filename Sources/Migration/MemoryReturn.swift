internal import CLinux

/// From now on, larger pieces of memory that this process frees go back to the kernel: for who plans very many trees.
public func returnFreedLists() { linux_return_large_memory() }
