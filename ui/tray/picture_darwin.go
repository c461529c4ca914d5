//go:build cgo

package tray

import "github.com/deskbell/deskbell/ui/assets"

func picture(name string) []byte { return assets.Bell(name, 44) }
