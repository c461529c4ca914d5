// Package probetest breaks machines for tests, in processes of their own: mounts
// that never answer, networks that lead nowhere. Nothing but tests imports it.
package probetest
