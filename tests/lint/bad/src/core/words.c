int no_licence;  
/* TODO: later */
