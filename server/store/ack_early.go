//go:build deskbell_ack_early

package store

const ackEarly = true
