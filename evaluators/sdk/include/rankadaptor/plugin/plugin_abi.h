/* The border between a program and a shared library that holds an evaluator:
 * C99, so that both sides may come from different compilers. Authors write C++
 * and use evaluator_plugin.h; this is what crosses.
 *
 * Every struct begins with its size in bytes. A minor version only appends
 * members, and a reader looks at a struct's size before it touches a member
 * that minor 0 does not have. Another major version is refused.
 *
 * Nothing is handed over: pointers are borrowed for the call, unless said
 * otherwise, and results go through callbacks. No exception crosses.
 */
#ifndef RANKADAPTOR_PLUGIN_PLUGIN_ABI_H_
#define RANKADAPTOR_PLUGIN_PLUGIN_ABI_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RA_PLUGIN_ABI_MAJOR 1u
#define RA_PLUGIN_ABI_MINOR 1u

/* What functions return: 0, or why not. */
#define RA_PLUGIN_OK 0
#define RA_PLUGIN_INVALID_ARGUMENT 1 /* cannot be measured, bad config */
#define RA_PLUGIN_CANCELLED 2        /* given up because it was asked for */
#define RA_PLUGIN_FAILED 3           /* anything else */

#define RA_PLUGIN_ORDINAL 1
#define RA_PLUGIN_CATEGORICAL 2

#define RA_PLUGIN_SPLIT_SEARCH 1
#define RA_PLUGIN_SPLIT_CONFIRM 2

/* Bits of RaEvaluatorPlugin.capabilities. */
#define RA_PLUGIN_THREAD_SAFE 1u
#define RA_PLUGIN_DETERMINISTIC 2u
#define RA_PLUGIN_WANTS_PROCESS 4u /* since 1.1: run it in a process alone */

typedef struct RaParameter {
  uint32_t struct_size;
  int32_t kind;
  const char* name;
  uint32_t num_choices;
  const double* choices;     /* [num_choices] */
  const char* const* labels; /* [num_choices], or NULL */
} RaParameter;

typedef struct RaCreateArguments {
  uint32_t struct_size;
  uint32_t num_parameters;
  const RaParameter* const* parameters; /* [num_parameters] */
  const char* config;                   /* config_size bytes of any kind */
  uint64_t config_size;
} RaCreateArguments;

/* Where a function puts what it found; `sink` is passed back as it came. */
typedef struct RaSink {
  uint32_t struct_size;
  void* sink;
  void (*set_error)(void* sink, const char* message);
  void (*set_objective)(void* sink, double objective);
  void (*add_metric)(void* sink, const char* name, double value);
} RaSink;

/* The engine's side of one evaluation. Every function is thread-safe. */
typedef struct RaTrial {
  uint32_t struct_size;
  int32_t split;
  int64_t trial_id;
  uint64_t seed;
  const int32_t* choices; /* [num_parameters] of the space */
  uint32_t num_parameters;
  void* context;
  int32_t (*cancelled)(void* context); /* not 0: give up */
  void (*report)(void* context, double fraction_done, double value);
} RaTrial;

typedef struct RaEvaluatorPlugin {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t capabilities;
  const char* name;    /* e.g. "acme.sphere" */
  const char* version; /* changes when results change */
  const char* build;   /* compiler and options, for messages */
  /* RA_PLUGIN_OK and an evaluator that destroy() takes back, or an error. */
  int32_t (*create)(const RaCreateArguments* arguments,
                    const RaSink* sink,
                    void** evaluator);
  int32_t (*evaluate)(void* evaluator,
                      const RaTrial* trial,
                      const RaSink* sink);
  void (*destroy)(void* evaluator);
} RaEvaluatorPlugin;

/* The one symbol that a plug-in exports. NULL: it does not speak the host's
 * major version. The struct is valid for the life of the process. */
typedef const RaEvaluatorPlugin* (*RaEvaluatorPluginEntry)(uint32_t host_major,
                                                           uint32_t host_minor);
#define RA_PLUGIN_ENTRY_NAME "ra_evaluator_plugin_entry"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif  // RANKADAPTOR_PLUGIN_PLUGIN_ABI_H_
