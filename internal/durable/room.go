package durable

// Room is how much of a disk can be written to, and how large it is.
type Room struct {
	Free, Total uint64 // bytes
}
