//go:build !linux

package probe

func oomKills() uint64 { return 0 }
