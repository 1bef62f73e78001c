internal import Glibc

/// Lets this process have as many files open as a path can be folders long, each of which a look through a tree holds open;
/// shells allow half of that.
func allowOpenFiles() {
  let wanted = rlim_t(4_096)
  let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  var limit = rlimit()
  guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
  limit.rlim_cur = min(wanted, limit.rlim_max)
  _ = unsafe setrlimit(resource, &limit)
}
