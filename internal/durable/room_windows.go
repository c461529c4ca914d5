package durable

import "golang.org/x/sys/windows"

// RoomOf returns the room on the disk that a folder is on.
func RoomOf(dir string) (Room, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return Room{}, err
	}
	var r Room
	err = windows.GetDiskFreeSpaceEx(name, &r.Free, &r.Total, nil)
	return r, err
}
