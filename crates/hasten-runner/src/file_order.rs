//! The order in which main learns of reports: whole files, each in pytest's own order, the
//! files in the order of their completion. So the output reads as plain pytest's.

/// Holds records back until their file is complete.
#[derive(Debug)]
pub(crate) struct FileOrder {
    /// Show each item as soon as it is finished.
    by_item: bool,
    /// Show nothing after the first item that is missing.
    strict: bool,
    file_of: Vec<u32>,
    files: Vec<File>,
    held: Vec<Vec<u8>>,
    finished: Vec<bool>,
    incomplete: usize,
    ready: Vec<u8>,
}

#[derive(Clone, Debug)]
struct File {
    first: usize,
    end: usize,
    unfinished: usize,
    /// Items before this one were released.
    released: usize,
}

impl FileOrder {
    /// `files` names the file of each item, in the order of collection; a file whose items
    /// do not follow one another counts once for each run of them.
    pub(crate) fn new<T: PartialEq>(files: impl IntoIterator<Item = T>, by_item: bool) -> Self {
        let mut file_of = Vec::new();
        let mut runs: Vec<File> = Vec::new();
        let mut last = None;
        for (index, file) in files.into_iter().enumerate() {
            if last.as_ref() != Some(&file) {
                runs.push(File {
                    first: index,
                    end: index,
                    unfinished: 0,
                    released: index,
                });
                last = Some(file);
            }
            if let Some(run) = runs.last_mut() {
                run.end = index + 1;
                run.unfinished += 1;
            }
            file_of.push(u32::try_from(runs.len() - 1).unwrap_or(u32::MAX));
        }
        let items = file_of.len();
        Self {
            by_item,
            strict: false,
            file_of,
            incomplete: runs.len(),
            files: runs,
            held: vec![Vec::new(); items],
            finished: vec![false; items],
            ready: Vec::new(),
        }
    }

    /// The order of collection, and nothing after the first item that is missing.
    pub(crate) fn strict(items: usize) -> Self {
        let one_file = std::iter::repeat_n((), items);
        Self {
            strict: true,
            ..Self::new(one_file, false)
        }
    }

    /// Takes a record of an item.
    pub(crate) fn record(&mut self, index: u32, record: &[u8]) {
        if let Some(held) = self.held.get_mut(index as usize) {
            held.extend_from_slice(record);
        }
    }

    /// Forgets what an item reported before it was cut short: it will run again.
    pub(crate) fn discard(&mut self, index: u32) {
        if let Some(held) = self.held.get_mut(index as usize) {
            held.clear();
        }
    }

    /// What an item reported so far, and main has not seen.
    pub(crate) fn held(&self, index: u32) -> &[u8] {
        self.held.get(index as usize).map_or(&[], Vec::as_slice)
    }

    /// Takes back what an item reported so far.
    pub(crate) fn take(&mut self, index: u32) -> Vec<u8> {
        self.held
            .get_mut(index as usize)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Takes a record that belongs to no item.
    pub(crate) fn other(&mut self, record: &[u8]) {
        self.ready.extend_from_slice(record);
    }

    /// No record of the item follows.
    pub(crate) fn finished(&mut self, index: u32) {
        let index = index as usize;
        if self.finished.get(index) != Some(&false) {
            return;
        }
        self.finished[index] = true;
        let number = self.file_of[index] as usize;
        self.files[number].unfinished -= 1;
        let complete = self.files[number].unfinished == 0;
        if complete {
            self.incomplete -= 1;
        }
        if self.by_item {
            self.release_item(index);
        } else if complete {
            self.release_file(number);
        }
        if !self.by_item && self.incomplete == 1 {
            self.stream_last(number);
        }
    }

    /// When one file is left, waiting for its completion would show nothing for long: its
    /// items come as they follow one another.
    fn stream_last(&mut self, hint: usize) {
        let number = if self.files[hint].unfinished > 0 {
            hint
        } else {
            match self.files.iter().position(|file| file.unfinished > 0) {
                Some(number) => number,
                None => return,
            }
        };
        let file = &self.files[number];
        let (mut next, end) = (file.released, file.end);
        while next < end && self.finished[next] {
            self.release_item(next);
            next += 1;
        }
        self.files[number].released = next;
    }

    fn release_item(&mut self, index: usize) {
        let record = std::mem::take(&mut self.held[index]);
        self.ready.extend_from_slice(&record);
    }

    fn release_file(&mut self, number: usize) {
        let file = self.files[number].clone();
        for index in file.released..file.end {
            self.release_item(index);
        }
        self.files[number].released = file.end;
    }

    /// What main may see now.
    pub(crate) fn take_ready(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ready)
    }

    /// True when main may see something.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Releases everything, complete or not: the run ends.
    pub(crate) fn release_all(&mut self) {
        if self.strict {
            return;
        }
        for number in 0..self.files.len() {
            let first = self.files[number].first;
            self.files[number].released = self.files[number].released.max(first);
            self.release_file(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(order: &mut FileOrder, index: u32) -> String {
        order.record(index, index.to_string().as_bytes());
        order.finished(index);
        String::from_utf8(order.take_ready()).unwrap()
    }

    #[test]
    fn files_come_whole_and_in_their_own_order() {
        let mut order = FileOrder::new(["a", "a", "b", "b", "c"], false);
        assert_eq!(finish(&mut order, 3), "");
        assert_eq!(finish(&mut order, 1), "");
        assert_eq!(finish(&mut order, 2), "23");
        assert_eq!(
            finish(&mut order, 4),
            "4",
            "and a is the last, whose beginning is missing"
        );
        assert_eq!(finish(&mut order, 0), "01");
    }

    #[test]
    fn the_last_file_streams() {
        let mut order = FileOrder::new(["a"; 4], false);
        assert_eq!(finish(&mut order, 0), "0");
        assert_eq!(finish(&mut order, 2), "");
        assert_eq!(finish(&mut order, 1), "12");
        order.record(3, b"half");
        order.release_all();
        assert_eq!(order.take_ready(), b"half");
    }

    #[test]
    fn in_strict_order_nothing_comes_after_a_gap() {
        let mut order = FileOrder::strict(4);
        assert_eq!(finish(&mut order, 1), "");
        assert_eq!(finish(&mut order, 0), "01");
        assert_eq!(finish(&mut order, 3), "");
        order.record(2, b"half");
        order.release_all();
        assert!(!order.has_ready());
        assert_eq!(finish(&mut order, 2), "half23");
    }

    #[test]
    fn by_item_nothing_waits() {
        let mut order = FileOrder::new(["a", "b"], true);
        assert_eq!(finish(&mut order, 1), "1");
        assert_eq!(finish(&mut order, 0), "0");
        order.release_all();
        assert!(!order.has_ready());
    }
}
