// Package model says what the tray and each window show, as plain values: no
// Fyne, no clock, no files. A window draws what it finds here and adds nothing,
// so that what an employee reads is tested without drawing it.
//
// The sentences of a window are in one file, the window's name with _words at its
// end: whole sentences, plural forms chosen by number, never put together from
// pieces. A translation replaces these files.
package model
