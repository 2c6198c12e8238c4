/* SPDX-License-Identifier: MIT */
/* The roofline of this machine: how fast it multiplies and reads when it does nothing else.
 * What `padwise bench` prints its figures beside. Experimental: a field may be added or renamed
 * until 1.0. */
#ifndef PADWISE_ROOFLINE_H
#define PADWISE_ROOFLINE_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Peaks of n_threads threads at once. Operations per second count two for a product and its
 * sum; 0 where the level has no instruction of its own for it (its products are then computed
 * as another's: int8 as i16, medium as f32 or i16). */
typedef struct pw_peaks {
    int32_t n_threads;
    double f32;         /* fused multiply-add; at level ref plain C in double */
    double bf16;        /* products of bf16 summed in f32 */
    double i16;         /* products of 16-bit integers summed in 32 bits */
    double i8;          /* products of 8-bit integers summed in 32 bits */
    double read_cache;  /* bytes per second, from memory that fits half of each core's L2 */
    double read_memory; /* bytes per second, from memory far larger than the caches */
} pw_peaks;

typedef struct pw_roofline {
    pw_level level;      /* whose instructions */
    pw_peaks one, all;   /* on one thread; on all of the context's */
    size_t cache_bytes;  /* read by each thread for read_cache */
    size_t memory_bytes; /* read by all of them together for read_memory */
} pw_roofline;

typedef struct pw_roofline_options {
    size_t struct_size;
    double seconds;      /* for each of the twelve figures; 0: 0.1 */
    size_t memory_bytes; /* for read_memory; 0: twice the last cache, from 256 MiB to 1 GiB, and
                          * at most a quarter of the machine's memory */
} pw_roofline_options;

static inline void pw_roofline_options_init(pw_roofline_options *options)
{
    const pw_roofline_options zero = {sizeof(pw_roofline_options), 0.0, 0};

    *options = zero;
}

/** Measure. Threads are timed by their own clocks, so that what else the machine does counts
 * little: of one thread the fastest of short runs, of all the middle one.
 *  @param options  may be NULL: the defaults, about two seconds in all.
 *  @return PW_OK; PW_ERR_ARGUMENT (seconds below 0 or over 60); PW_ERR_NO_MEMORY
 * (memory_bytes); PW_ERR_CANCELLED. *out is zeroed on failure. Threads: any, one call at a time
 * for each context.   Since: 0.2 */
PW_NODISCARD PW_API pw_status pw_roofline_measure(pw_roofline *out, pw_context *ctx,
                                                  const pw_roofline_options *options,
                                                  pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
