package kit

import "cmp"

// orMachine is a machine's name, where it is known.
func orMachine(name string) string { return cmp.Or(name, "the machine") }
