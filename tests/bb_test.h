/* bb_test - the main() of a CUnit test program, written once.
 *
 *	int main(void) { return bb_test_run("book", tests); }
 *
 * A test that cannot run here calls bb_test_skip(why) before anything else: loud, and
 * exit code 77, which meson reports as skipped.
 */
#ifndef BB_TEST_H
#define BB_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>

static inline int
bb_test_run(const char *suite, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = { { suite, NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	const unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

_Noreturn static inline void
bb_test_skip(const char *why)
{
	fprintf(stderr, "SKIPPED: %s\n", why);
	exit(77);
}

#endif
