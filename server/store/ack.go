//go:build !deskbell_ack_early

package store

// ackEarly is false: a write is answered after its commit. The build with the tag
// deskbell_ack_early answers before, and exists so that the kill storm can show
// that it would notice.
const ackEarly = false
