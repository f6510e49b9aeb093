// Plug-ins that no host may accept; RA_BROKEN says how.
#include <stddef.h>

#include "rankadaptor/plugin/plugin_abi.h"

extern "C" {

#if defined(RA_BROKEN_UNRESOLVED)
void ra_of_another_build(void);
#endif

static int32_t Create(const RaCreateArguments*, const RaSink*, void**) {
#if defined(RA_BROKEN_UNRESOLVED)
  ra_of_another_build();
#endif
  return RA_PLUGIN_OK;  // and no evaluator
}
static int32_t Evaluate(void*, const RaTrial*, const RaSink*) {
  return RA_PLUGIN_OK;
}
static void Destroy(void*) {}

#if !defined(RA_BROKEN_NO_ENTRY)
const RaEvaluatorPlugin* ra_evaluator_plugin_entry(uint32_t, uint32_t) {
  static RaEvaluatorPlugin plugin = {sizeof(RaEvaluatorPlugin),
                                     RA_PLUGIN_ABI_MAJOR,
                                     RA_PLUGIN_ABI_MINOR,
                                     0,
                                     "test.broken",
                                     "1",
                                     "by hand",
                                     Create,
                                     Evaluate,
                                     Destroy};
#if defined(RA_BROKEN_REFUSES_HOST)
  return NULL;
#elif defined(RA_BROKEN_OTHER_MAJOR)
  plugin.abi_major = 99;
#elif defined(RA_BROKEN_SHORT)
  plugin.struct_size = 16;
#elif defined(RA_BROKEN_NAMELESS)
  plugin.name = "";
#elif defined(RA_BROKEN_NO_EVALUATE)
  plugin.evaluate = NULL;
#endif
  return &plugin;
}
#endif

}  // extern "C"
