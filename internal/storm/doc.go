// Package storm holds the tests that are hard on the whole: the real programs are
// killed, again and again, and their disks fill up, while clients of the real
// protocol send tickets. What somebody was told is counted at the end.
//
// There is nothing here but tests.
package storm
