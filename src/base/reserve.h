/* SPDX-License-Identifier: MIT
 *
 * Room for the worst: a file that takes up space until the disk is full and is
 * then given up, so that what is under way can still be written.  One a process;
 * dg_file_write, dg_file_temp and the ledger give it up by themselves.
 *
 *     dg_reserve_hold("out/.diffgentor/reserve.part");
 *     ...a write meets a full disk: if (dg_reserve_give_up()) ...once more...
 *     if (dg_reserve_is_gone()) ...begin nothing new...
 *     dg_reserve_drop();
 */
#ifndef DG_BASE_RESERVE_H
#define DG_BASE_RESERVE_H

#include <stdbool.h>

/* This file is the reserve from now on; it is removed with it. */
void dg_reserve_hold(const char *path);

/* Whether errno `number` says that a disk or a quota is full. */
bool dg_reserve_helps(int number);

/* true: there is room again, try once more.  false: there was no reserve. */
bool dg_reserve_give_up(void);

/* It was given up: the disk was full. */
bool dg_reserve_is_gone(void);

/* Removes the file; nothing is gone any more. */
void dg_reserve_drop(void);

#endif
