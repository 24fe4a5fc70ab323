package pristine

import (
	"context"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// unfenceWithin is for the end of a fence, also after a reset's time is over.
const unfenceWithin = 2 * time.Second

// fenced runs do while nobody can write to etcd, only delete: etcd takes its
// quota to be used up. A controller that is just making pods, or that has seen
// the end of a pod and not yet that of the pod's owner, is refused, and knows
// better when it tries again.
func (e *Etcd) fenced(ctx context.Context, do func() error) error {
	alarm := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, Alarm: pb.AlarmType_NOSPACE, MemberID: 1}
	maintenance := pb.NewMaintenanceClient(e.client.ActiveConnection())
	if _, err := maintenance.Alarm(ctx, alarm); err != nil {
		return e.said(err)
	}
	done := do()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unfenceWithin)
	defer cancel()
	alarm = &pb.AlarmRequest{Action: pb.AlarmRequest_DEACTIVATE, Alarm: pb.AlarmType_NOSPACE, MemberID: 1}
	if _, err := maintenance.Alarm(ctx, alarm); err != nil {
		return e.said(err)
	}
	return done
}
