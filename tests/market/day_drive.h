/* day_drive - drive two venues with a calendar with bytes, and compare all they do.
 *
 * Every kind of command comes, well formed or not, from whoever may send it or may not, while
 * time goes on in steps from seconds to days.  The venues differ in hash key and slice size;
 * any difference in an event, a sum that does not add up after any command (bb_market_check),
 * and a byte that a refusal changed is a BB_ASSERT.
 *
 * The first byte chooses slices and rules; then every command takes DAY_COMMAND_BYTES.
 */
#ifndef DAY_DRIVE_H
#define DAY_DRIVE_H

#include <stddef.h>
#include <stdint.h>

#include "market/bb_course.h"
#include "market/bb_event.h"

#define DAY_COMMAND_BYTES 8u

/* What the commands driven so far came to: a test asks that nothing was left out. */
struct day_tally {
	uint64_t events[BB_EVENT_KINDS];
	uint64_t results[BB_RESULT_COUNT];   /* of all events */
	uint64_t states[BB_COURSE_STATES]; /* that were entered */
	uint64_t uncrossed; /* trades because a line got more room */
	uint64_t rebates; /* shares that were paid */
	uint64_t charges; /* tariffs that were paid */
	uint64_t words;   /* of operators that were not enough */
	uint64_t agreed;  /* rulings that took several */
};

/* day_drive returns the number of commands; tally may be NULL. */
size_t day_drive(const uint8_t *bytes, size_t size, struct day_tally *tally);

#endif
