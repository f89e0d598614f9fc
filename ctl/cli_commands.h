/* cli_commands - every command of busbarctl: one function each, listed in busbarctl.c.
 *
 * Each reads its own options (cli_options) and returns the exit code; what it prints is
 * said in ctl/cli_common.h and busbarctl(8).
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "ctl/cli_common.h"

enum cli_exit cli_init(struct cli *cli);
enum cli_exit cli_key_new(struct cli *cli);

enum cli_exit cli_status(struct cli *cli);
enum cli_exit cli_stop(struct cli *cli);

enum cli_exit cli_member_add(struct cli *cli);
enum cli_exit cli_member_revoke(struct cli *cli);
enum cli_exit cli_member_set(struct cli *cli);
enum cli_exit cli_member_kill(struct cli *cli);
enum cli_exit cli_member_arm(struct cli *cli);
enum cli_exit cli_member_list(struct cli *cli);

enum cli_exit cli_account_deposit(struct cli *cli);
enum cli_exit cli_account_withdraw(struct cli *cli);
enum cli_exit cli_account_show(struct cli *cli);

enum cli_exit cli_param_set(struct cli *cli);
enum cli_exit cli_param_show(struct cli *cli);

enum cli_exit cli_product_add(struct cli *cli);
enum cli_exit cli_product_list(struct cli *cli);
enum cli_exit cli_product_show(struct cli *cli);
enum cli_exit cli_product_halt(struct cli *cli);
enum cli_exit cli_product_resume(struct cli *cli);
enum cli_exit cli_book_show(struct cli *cli);

enum cli_exit cli_halt(struct cli *cli);
enum cli_exit cli_resume(struct cli *cli);

enum cli_exit cli_ledger_show(struct cli *cli);
enum cli_exit cli_ledger_verify(struct cli *cli);
enum cli_exit cli_ledger_replay(struct cli *cli);
enum cli_exit cli_ledger_snapshot(struct cli *cli);
enum cli_exit cli_ledger_checkpoint(struct cli *cli);
enum cli_exit cli_ledger_proof(struct cli *cli);
enum cli_exit cli_ledger_check_proof(struct cli *cli);
enum cli_exit cli_ledger_consistency(struct cli *cli);
enum cli_exit cli_ledger_export(struct cli *cli);
enum cli_exit cli_ledger_serve(struct cli *cli);

enum cli_exit cli_order(struct cli *cli);
enum cli_exit cli_meter_send(struct cli *cli);
enum cli_exit cli_dispute_open(struct cli *cli);
enum cli_exit cli_dispute_rule(struct cli *cli);

enum cli_exit cli_grid_line(struct cli *cli);
enum cli_exit cli_grid_imbalance(struct cli *cli);
enum cli_exit cli_grid_tariff(struct cli *cli);
enum cli_exit cli_grid_restrict(struct cli *cli);

enum cli_exit cli_market_clear(struct cli *cli);

#endif
