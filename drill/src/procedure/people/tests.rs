use super::*;

fn inbox(tasks: &[(&str, &[&str], Option<&str>)]) -> Inbox {
    let mut inbox = Inbox::new("Ada".to_owned());
    for (step, checklist, approval) in tasks {
        inbox.begin(Task {
            step: (*step).to_owned(),
            checklist: checklist.iter().map(|item| (*item).to_owned()).collect(),
            approval: approval.map(str::to_owned),
        });
    }
    inbox
}

fn ended(effects: &[Effect]) -> &Ending {
    match effects {
        [Effect::Ended(ending)] => ending,
        other => panic!("not ended: {other:?}"),
    }
}

fn is_said(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Say(_)])
}

#[test]
fn a_step_is_confirmed_by_who_answers() {
    let mut inbox = inbox(&[("declare", &[], None)]);
    let noted = inbox.line("note called the duty manager");
    assert!(matches!(&noted[..], [Effect::Noted { by, .. }] if by == "Ada"));
    let effects = inbox.line("confirm");
    let ending = ended(&effects);
    assert_eq!((ending.by.as_str(), ending.how), ("Ada", How::Confirmed));
    assert_eq!(ending.note.as_deref(), Some("called the duty manager"));
    assert_eq!(inbox.current(), None);
    assert_eq!(inbox.line("confirm"), []);
}

#[test]
fn open_items_are_said_once_and_stand_in_the_ending() {
    let mut inbox = inbox(&[("check", &["one", "two", "three"], None)]);
    assert_eq!(inbox.line("tick 1 3"), [Effect::Show]);
    assert!(is_said(&inbox.line("confirm")), "item 2 is not ticked");
    let effects = inbox.line("confirm");
    let ticked: Vec<bool> = ended(&effects).checklist.iter().map(|item| item.ticked).collect();
    assert_eq!(ticked, [true, false, true]);
}

#[test]
fn an_item_that_is_ticked_after_the_warning_is_warned_of_anew() {
    let mut inbox = inbox(&[("check", &["one", "two"], None)]);
    assert!(is_said(&inbox.line("confirm")));
    assert_eq!(inbox.line("tick 1"), [Effect::Show]);
    assert!(is_said(&inbox.line("confirm")));
    assert_eq!(inbox.line("tick all"), [Effect::Show]);
    assert!(is_said(&inbox.line("tick 7")));
    assert_eq!(ended(&inbox.line("confirm")).how, How::Confirmed);
}

#[test]
fn an_approval_needs_a_name_and_nothing_else_is_one() {
    let mut inbox = inbox(&[("go", &[], Some("incident commander")), ("other", &[], None)]);
    assert!(is_said(&inbox.line("confirm")));
    assert!(is_said(&inbox.line("approve")));
    let effects = inbox.line("approve Grace");
    let ending = ended(&effects);
    assert_eq!((ending.by.as_str(), ending.how), ("Grace", How::Approved));
    assert_eq!(ending.role.as_deref(), Some("incident commander"));
    assert!(is_said(&inbox.line("approve Grace")));
}

#[test]
fn an_approval_that_is_refused_is_a_step_that_is_skipped() {
    let mut inbox = inbox(&[("go", &[], Some("owner"))]);
    let effects = inbox.line("refuse the data is not safe");
    let ending = ended(&effects);
    assert_eq!((ending.how, ending.role.as_deref()), (How::Skipped, None));
    assert_eq!(ending.note.as_deref(), Some("the data is not safe"));
}

#[test]
fn people_and_steps_change() {
    let mut inbox = inbox(&[("a", &[], None), ("b", &[], None), ("c", &[], None)]);
    assert_eq!(inbox.others(), ["b", "c"]);
    assert!(is_said(&inbox.line("as Grace")));
    assert_eq!(inbox.line("step c"), [Effect::Show]);
    assert_eq!(ended(&inbox.line("skip not mine")).step, "c");
    assert!(is_said(&inbox.line("step c")));
    assert_eq!(inbox.current().map(|open| open.task.step.as_str()), Some("b"));
    assert!(inbox.close("a").is_some(), "its timeout came");
    assert_eq!(inbox.current().map(|open| open.task.step.as_str()), Some("b"));
    assert_eq!(ended(&inbox.line("confirm")).by, "Grace");
}
