/* bb_burst_scalar.c once more, for CPUs whose multiplications need no flags. */
#define BB_BURST_SCALAR_NAME bb_burst_multiply_bmi2
#include "wire/bb_burst_scalar.c"
