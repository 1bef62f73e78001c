internal import CLinux

/// From now on, memory that this process frees goes back to the kernel: for who writes archives of very many files.
public func returnFreedMemory() { linux_return_memory() }
