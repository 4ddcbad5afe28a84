// SPDX-License-Identifier: Apache-2.0
#include "this_machine.h"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aegis/executor/real_time_thread.h"

namespace aegis::soak {

bool steals_silently() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  const std::string flags{std::istreambuf_iterator<char>(cpuinfo), {}};
  std::ifstream stat("/proc/stat");
  std::string word;
  std::uint64_t stolen = 0;
  stat >> word;
  for (int column = 0; column < 8; ++column) stat >> stolen;  // user nice system idle ... steal
  return flags.find(" hypervisor") != std::string::npos && stolen == 0;
}

// What malloc has to give back it can give back only of pages that are not locked.
Memory memory_of_process() {
  ::munlockall();
  ::malloc_trim(0);
  std::FILE* status = std::fopen("/proc/self/statm", "r");
  unsigned long size = 0;
  unsigned long resident = 0;
  const int read = status == nullptr ? 0 : std::fscanf(status, "%lu %lu", &size, &resident);
  if (status != nullptr) std::fclose(status);
  const struct mallinfo2 heap = ::mallinfo2();
  (void)executor::lock_memory();  // as before; refused then, refused now
  return {.resident = read == 2 ? resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0,
          .in_use = heap.uordblks + heap.hblkhd};
}

int last_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof(allowed), &allowed);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) last = cpu;
  }
  return last;
}

}  // namespace aegis::soak
